"""The FedAvg demo: a component that draws in the browser, from plain data."""
