"""How things look: layouts, components, icons, Markdown, the brand's colours."""
