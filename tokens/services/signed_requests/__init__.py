"""What signed requests lead to: judging them, noting their use, acting for their holder."""
