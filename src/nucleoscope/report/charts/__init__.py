"""Charts as SVG that stands in the page: sharp on paper, in the page's own type, in its light and its dark colours."""
