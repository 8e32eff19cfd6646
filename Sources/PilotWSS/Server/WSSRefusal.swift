package import PilotWire

/// Why a peer did not become one. For logs and counters; the peer itself learns no more than `auth failed`, or `try
/// again` when its key could not be looked up.
package struct WSSRefusal: Sendable {
  /// The kinds of refusal.
  package enum Reason: String, Sendable, CaseIterable {
    /// The beacon knows no key for the node.
    case unknownNode = "unknown_node"
    /// The reply names another key than the known one, and the known one did not sign.
    case wrongKey = "wrong_key"
    /// The signature was not made by the known key over this challenge: a forged or replayed reply.
    case badSignature = "bad_signature"
    /// The reply came too long after the challenge.
    case expired
    /// The known key signed this challenge for a beacon of another name: for one that passed it on, or this beacon doesn't know
    /// one of its names.
    case wrongBeacon = "wrong_beacon"
    /// Not the reply that was due: another type of message, invalid JSON, a frame.
    case unexpectedMessage = "unexpected_message"
    /// No reply in time.
    case timedOut = "timed_out"
    /// The keys could not be looked up.
    case lookupFailed = "lookup_failed"
    /// As many as there may be are authenticated; there was room when it upgraded.
    case atCapacity = "at_capacity"
    /// It made room for a newcomer, being the oldest of its source or of the one that holds most.
    case displaced
    /// The connection ended before it was authenticated.
    case disconnected
  }

  package let reason: Reason
  /// Who the peer claimed to be, if it got that far.
  package let node: NodeID?
  /// What it has dialled the beacon as, if it said so: only worth looking at when that is the reason.
  package let beacon: BeaconName?
  /// Where it connected from.
  package let remote: Endpoint
}
