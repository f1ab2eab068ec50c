"""Keep a store well: prove every byte, bring back what is lost, take out what nobody needs."""
