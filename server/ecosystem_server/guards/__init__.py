"""What stands between the network and the pages: who may speak, what messages may say, and how much of each."""
