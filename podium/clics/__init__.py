"""Reads CLICS Contest API event feeds (NDJSON), in the token format and the older operation format, and plans what has to be played."""
