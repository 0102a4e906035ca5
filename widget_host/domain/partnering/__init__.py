"""Which programs there are, on what terms an issuer sells them, and the campaigns that add to them."""
