"""Where a store lies: a folder, a bucket, a web server; what they have in common, and what readers keep of them."""
