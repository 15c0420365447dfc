"""Security tokens: what they are, what they may do, and every edge through which people and programs reach them."""
