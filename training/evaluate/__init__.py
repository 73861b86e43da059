"""How good a predictor is, on prepared faces and on an album, and the reports that say so."""
