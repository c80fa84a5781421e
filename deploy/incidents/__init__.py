"""An incident with personal data: who was touched, from the logs of disclosures and the vaults; the form for an
authority (000 IV)."""
