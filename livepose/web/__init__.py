"""Pages in a browser: the server, who may use it, and what it serves. Imported on use only."""
