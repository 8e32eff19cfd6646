public import PilotTransport
public import PilotWire

extension SimulatedNetwork {
  /// One address and port on the network; what has two sockets is two hosts. For the network that made it, and its copies.
  public struct Host: Hashable, Sendable {
    /// Hosts count from 0 in the order in which they were added, for arrays of what stands on them.
    public let index: Int
  }

  /// A NAT, with its hosts behind it. For the network that made it, and its copies.
  public struct NAT: Hashable, Sendable {
    let index: Int
  }

  /// A datagram at its destination.
  public struct Delivery: Sendable, Equatable {
    /// Who gets it.
    public let host: Host
    /// Who has sent it, which no receiver could know: for what a test compares.
    public let sender: Host
    /// The source address as the receiver sees it: that of the sender's NAT, if it has one.
    public let source: Endpoint
    /// The bytes that were sent.
    public let frame: [UInt8]
    /// When they were sent.
    public let sentAt: MonotonicInstant
  }

  /// What happens on the network. When it happens is ``SimulatedNetwork/now``.
  @nonexhaustive
  public enum Event: Sendable, Equatable {
    /// A datagram arrived.
    case delivered(Delivery)
    /// A host is told that nobody receives at a destination that it has sent to, and which datagram that was about.
    case unreachable(Host, destination: Endpoint, quoted: QuotedDatagram)
    /// A timer fired, which had this number.
    case timer(UInt64)
  }
}

/// More events happened than a simulation may have: most often two that call each other up without end.
public struct SimulationLivelock: Error, Sendable, Equatable, CustomStringConvertible {
  /// How many there were.
  public let events: Int
  /// When the last one was due.
  public let time: MonotonicInstant

  /// Both, in one sentence.
  public var description: String {
    "no end after \(events) events, \(Duration.nanoseconds(Int64(clamping: time.nanoseconds))) after the start"
  }
}
