package import Configuration

/// A machine with three variables and two users, so that nothing depends on the one that tests.
package let machine = PathRule(
    variable: {
        [
            "HOME": "/home/ada", "DATA": "/data/earth", "RUN": "a", "_x1": "shards", "EMPTY": "",
            "TILDE": "~/x", "CHAIN": "$HOME/${RUN}", "ROOT": "/",
        ][$0]
    },
    home: { user in ["eve": "/home/eve", "ben": "/home/ben/"][user ?? "ada"] })
