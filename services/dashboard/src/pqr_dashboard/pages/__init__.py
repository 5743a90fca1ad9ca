"""One module per page, with `page(context)`; of two, a part lies in a module of its own."""
