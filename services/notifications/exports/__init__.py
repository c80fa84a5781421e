"""What notifications holds of a person: the notices to them, each with its proof. Letters are not kept."""
