"""What a report says, before anything is plotted."""
