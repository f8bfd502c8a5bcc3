package import Trackers

/// A tracker of `/bin/sh` that keeps each line in a file, and answers it.
package func keepingTracker(_ file: String) -> TrackerSpecification {
    let script = #"""
        while read -r line; do
          n=${line#*'"n": '}
          printf '%s\n' "$line" >> "$1"
          printf '{"ack": %s}\n' "${n%%,*}"
        done
        """#
    // No run of these tests is to wait for a machine that is busy.
    var tracker = TrackerSpecification("mine", command: ["/bin/sh", "-c", script, "sh", file])
    (tracker.timeout, tracker.wait) = (3600, 3600)
    return tracker
}
