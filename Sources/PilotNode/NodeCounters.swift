public import PilotTransport

/// What went through a node, and what did not: totals since it was made.
///
/// They add up. What a node took to be sent (``messagesSent``, ``framesSent``, ``duplicatesSent``, ``controlSent``) is what its
/// transports took: it is in their `framesSent`, among their outgoing drops, or still queued. What the transports handed to the
/// receiver and was asked for is one of ``messagesReceived``, ``controlReceived``, ``probesReceived``, ``directReceived``
/// and ``directDropped``.
public struct NodeCounters: Sendable, Equatable {
  /// Payloads taken by ``Node/send(_:to:)-(RawSpan,NodeID)`` and its batched form.
  public var messagesSent: UInt64 = 0
  /// Frames taken as they are, by ``Node/send(frame:to:)``.
  public var framesSent: UInt64 = 0
  /// Payloads and frames that were sent over a second path as well, while one was in doubt.
  public var duplicatesSent: UInt64 = 0
  /// Payloads and frames that had gone over a UDP path alone, and of which nothing shows that they came through, when the path
  /// was left because it failed: all since the last question that the beacon answered. At most so many were lost by such
  /// moves; how many frames of others were lost on their way here, no node can know.
  public var unconfirmedSent: UInt64 = 0
  /// How often another path has become the active one, the first one included.
  public var switches: UInt64 = 0
  /// Announcements, questions, proofs, punch frames and frames to itself.
  public var controlSent: UInt64 = 0
  /// Signed challenges among them.
  public var proofsSent: UInt64 = 0
  /// Punch frames among them: three for each request of the beacon's.
  public var punchesSent: UInt64 = 0
  /// The beacon's requests to punch that were not answered, since there were more than four in a second.
  public var punchesHeldBack: UInt64 = 0
  /// What the transport didn't take of those: they are tried again in time.
  public var controlRefused: UInt64 = 0
  /// How often the beacon's name was looked up again, because the beacon was silent.
  public var nameLookups: UInt64 = 0
  /// Those of them that gave no address.
  public var nameLookupsFailed: UInt64 = 0
  /// Messages of other nodes.
  public var messagesReceived: UInt64 = 0
  /// Other frames of the beacon's.
  public var controlReceived: UInt64 = 0
  /// Those of them that said that a node isn't there.
  public var goneReceived: UInt64 = 0
  /// Frames that the node had relayed to itself.
  public var probesReceived: UInt64 = 0
  /// Frames from elsewhere.
  public var directReceived: UInt64 = 0
  /// Frames from elsewhere that came while ``Node/join(_:)`` waited, when nobody could take them.
  public var directDropped: UInt64 = 0
  /// States that nobody read in time, the oldest ones.
  public var statesDropped: UInt64 = 0
  /// The transports' own, of all paths together.
  public var transport = TransportCounters()

  /// All at zero.
  public init() {}
}
