"""Words, pictures and layout: terminal, HTML, Markdown, JSON."""
