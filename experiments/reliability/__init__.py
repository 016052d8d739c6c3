"""What runs survive: the page of the fault tests, and a campaign of random kills, damages and bad inputs.

``python -m experiments.reliability REPORT`` writes the page of the fault tests from pytest's JUnit report; the campaign
is the experiment ``reliability-campaign``.
"""
