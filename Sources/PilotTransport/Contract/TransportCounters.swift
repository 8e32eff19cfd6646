/// What went through a transport, and what did not: totals since it was made.
///
/// They add up: a frame that ``Transport/send(_:to:)`` took is in ``framesSent`` or in one of the outgoing ``drops``, or
/// still queued; a frame that arrived is in ``framesReceived`` or in one of the incoming ``drops``, or waits for its
/// reader. Frames refused by a throwing send are the caller's and not counted here.
public struct TransportCounters: Sendable, Equatable {
  /// Frames handed to the kernel.
  public var framesSent: UInt64 = 0
  /// Their bytes, headers of lower layers not included.
  public var bytesSent: UInt64 = 0
  /// Frames handed to the receiver, which lends them one by one. At `close()` it can have some that nobody asked for.
  public var framesReceived: UInt64 = 0
  /// Their bytes.
  public var bytesReceived: UInt64 = 0
  /// How often the connection was established anew, after the first time.
  public var reconnects: UInt64 = 0
  /// ICMP errors reported by the network, but for those about the length of a packet.
  public var unreachableReports: UInt64 = 0
  /// Reports that a packet was too long for the path: the network's, and those of this machine about frames that it refused.
  public var pathMTUReports: UInt64 = 0
  /// Received frames whose ``Frame/local`` is unknown, though there are several: the table of addresses was full, or an
  /// address can't be a source (multicast, broadcast). What answers them leaves from the address that the system chooses.
  public var framesWithoutLocal: UInt64 = 0
  /// Frames that left from the address that the system chose, since the one they were to leave from can't be used any more.
  public var framesFromElsewhere: UInt64 = 0
  /// What was dropped, by reason.
  public var drops = Drops()

  /// All at zero.
  public init() {}

  /// Adds another transport's totals.
  public static func += (left: inout Self, right: Self) {
    left.framesSent &+= right.framesSent
    left.bytesSent &+= right.bytesSent
    left.framesReceived &+= right.framesReceived
    left.bytesReceived &+= right.bytesReceived
    left.reconnects &+= right.reconnects
    left.unreachableReports &+= right.unreachableReports
    left.pathMTUReports &+= right.pathMTUReports
    left.framesWithoutLocal &+= right.framesWithoutLocal
    left.framesFromElsewhere &+= right.framesFromElsewhere
    for reason in DropReason.allCases { left.drops[reason] &+= right.drops[reason] }
  }

  /// Frames that were dropped, by reason.
  public struct Drops: Sendable, Equatable {
    private var counts = [UInt64](repeating: 0, count: DropReason.allCases.count)

    /// All at zero.
    public init() {}

    /// How many were dropped for this reason.
    public subscript(reason: DropReason) -> UInt64 {
      get { counts[reason.rawValue] }
      set { counts[reason.rawValue] = newValue }
    }

    /// How many taken frames never left.
    public var outgoing: UInt64 { total(where: \.isOutgoing) }

    /// How many arrived frames never reached the reader.
    public var incoming: UInt64 { total { !$0.isOutgoing } }

    private func total(where included: (DropReason) -> Bool) -> UInt64 {
      DropReason.allCases.reduce(0) { included($1) ? $0 &+ self[$1] : $0 }
    }
  }
}

/// Why a frame was dropped. More may come: a `switch` needs an `@unknown default`.
///
/// The raw value is the reason's place in a list of counts, which can change from version to version.
@nonexhaustive
public enum DropReason: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// Outgoing: it waited in the queue beyond its deadline.
  case expired
  /// Outgoing: the connection ended while it waited.
  case connectionLost
  /// Outgoing: the kernel or the network interface refused it.
  case refusedByKernel
  /// Outgoing: it was still queued at `close()`.
  case closedBeforeSending
  /// Incoming: the reader was slow and the queue full; the oldest went.
  case receiveQueueFull
  /// Incoming: it did not fit the receive buffer.
  case truncated
  /// Incoming: the kernel's socket buffer was full (SO_RXQ_OVFL).
  case kernelBufferFull
  /// Incoming: a message that is no frame, such as a text message after authentication.
  case malformed
  /// Incoming: it was received and unread at `close()`.
  case closedBeforeReading

  /// Whether frames of this reason were on their way out.
  public var isOutgoing: Bool {
    switch self {
    case .expired, .connectionLost, .refusedByKernel, .closedBeforeSending: true
    case .receiveQueueFull, .truncated, .kernelBufferFull, .malformed, .closedBeforeReading: false
    }
  }

  /// The reason's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .expired: "expired"
    case .connectionLost: "connection_lost"
    case .refusedByKernel: "refused_by_kernel"
    case .closedBeforeSending: "closed_before_sending"
    case .receiveQueueFull: "receive_queue_full"
    case .truncated: "truncated"
    case .kernelBufferFull: "kernel_buffer_full"
    case .malformed: "malformed"
    case .closedBeforeReading: "closed_before_reading"
    }
  }
}
