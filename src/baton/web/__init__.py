"""The Django shell under the pages: accounts, sign-in, the frame of a page, errors into pages. Knows nothing of what the pages show."""
