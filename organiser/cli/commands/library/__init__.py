"""Commands on the folders of photos and on what is made of them."""
