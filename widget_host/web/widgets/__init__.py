"""The pages that run inside other people's pages: no cookies, a session in memory, every step without scripts too."""
