"""The pages: `dist` holds what Vite built of `src` (see build_pages.py) and travels in the wheel."""
