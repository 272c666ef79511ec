"""The HTTP edge that all REST processes share: who asks, may they, is the body right, one transaction, one shape of refusal."""
