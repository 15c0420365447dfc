"""How tokens are used: counting it beside the requests, reading it for the pages, and dropping what is old."""
