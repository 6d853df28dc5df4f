"""What people read: cards, plots, tables, pages."""
