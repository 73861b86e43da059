"""From labelled pictures to model bundles. TensorFlow and Keras live here and only here."""
