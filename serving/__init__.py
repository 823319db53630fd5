"""The deployed model: answers over HTTP, obeys the desired state, records and watches."""
