"""What we hand the customer in writing about a journey: status reports and expectation sheets."""
