"""The sample newsroom of ``monitor demo``: invented stories, from invented outlets, about invented places."""
