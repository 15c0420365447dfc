"""What a signed request may do: the rules, and the order in which they are asked."""
