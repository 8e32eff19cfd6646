public import PilotWire

/// Something that happened to a transport, beside frames. More may come: a `switch` needs an `@unknown default`.
@nonexhaustive
public enum TransportEvent: Sendable {
  /// The first connection is up, or the first one after a rest. Transports without connections are up from the start and say
  /// nothing.
  case connected
  /// The connection is down, for this reason; the given attempt, counted from 1, starts after the delay.
  case reconnecting(reason: TransportError, attempt: Int, delay: Duration)
  /// The connection is up again.
  case reconnected
  /// The connection was put to rest, and isn't dialled again before somebody asks for it.
  case resting
  /// The beacon sends the node away: it is about to end the connection, or has too many. The transport makes another one in the given
  /// span, and keeps this one until then: ``moved(to:)`` follows, or, if that comes to nothing, ``reconnecting(reason:attempt:delay:)``.
  case draining(ReturnSpan)
  /// Another connection, to the beacon of this URL, has taken over from the one that there was: none was missing in between.
  case moved(to: String)
  /// The network reported that a destination can't be reached: nothing listens there, no route, or it is forbidden.
  ///
  /// Nobody has signed such a report. Before anything is taken from somebody because of one, see that it quotes what only
  /// the destination, and those on the way to it, can have seen.
  case unreachable(Endpoint, reason: TransportError, quoted: QuotedDatagram)
  /// Packets to a destination are at most this long on their way, or they are cut up, or don't arrive: a router has said so
  /// (ICMP "fragmentation needed", ICMPv6 "packet too big"), or this machine, which refused to send a frame.
  ///
  /// ``PathMTU/maximumFrameLength(to:)`` is what a frame may have. Told once a second at most for each destination, unless the
  /// length is another one. The endpoint's port is 0 where the report doesn't say it.
  ///
  /// Nobody has signed a router's report: see that it quotes what only those on the way can have seen. What this machine
  /// says quotes nothing.
  case pathMTU(Endpoint, PathMTU, quoted: QuotedDatagram)
  /// Something the operator should know and that needs no action: a capped socket buffer, a missing kernel feature.
  case notice(String)
  /// `close()` was called; the last event.
  case closed
}

/// The events of a transport, oldest first: an asynchronous sequence for any number of consumers.
///
/// The newest 256 are kept, for all consumers together. Each iterator is a consumer of its own: it begins with the oldest
/// event that is kept, takes none from another, and ends after ``TransportEvent/closed``. One that falls further behind
/// than what is kept goes on with the oldest that is, and knows how many it has missed (``Iterator/missed``).
///
/// So whoever begins to read late sees the recent past first, and so does whoever makes a second iterator to look for
/// what comes next: keep the first one for that.
public struct TransportEvents: AsyncSequence, Sendable {
  /// How many events are kept.
  public static let capacity = 256

  private let log: EventLog

  fileprivate init(log: EventLog) {
    self.log = log
  }

  /// Starts reading, with the oldest event that is kept.
  public func makeAsyncIterator() -> Iterator {
    Iterator(log: log)
  }

  /// One consumer's place in the events. A copy of it is another consumer, which goes on from there.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private let log: EventLog
    private var position: UInt64
    /// How many events were gone before this consumer came to read them, those from before it began not counted.
    public private(set) var missed: UInt64 = 0

    fileprivate init(log: EventLog) {
      self.log = log
      position = log.oldest
    }

    /// The next event, as soon as there is one.
    ///
    /// - Returns: Nil after ``TransportEvent/closed``, and when the task is cancelled while it waits, which ends nobody
    ///   else's reading.
    public mutating func next() async -> TransportEvent? {
      while true {
        switch log.read(at: position) {
        case .event(let event, let skipped):
          missed += skipped
          position += skipped + 1
          return event
        case .end:
          return nil
        case .nothing:
          guard await log.wait(for: position) else { return nil }
        }
      }
    }
  }
}

/// The writing end of ``TransportEvents``, for whoever implements a transport.
public struct TransportEventSource: Sendable {
  private let log = EventLog(capacity: TransportEvents.capacity)

  /// Makes both ends.
  public init() {}

  /// The reading end.
  public var events: TransportEvents { TransportEvents(log: log) }

  /// Tells the consumers. From any thread, without waiting for any of them; after ``finish()`` without effect.
  public func emit(_ event: TransportEvent) {
    log.append(event)
  }

  /// Tells that the transport is closed, and ends the sequence. Whoever makes a source calls it: consumers wait for it.
  public func finish() {
    log.finish(with: .closed)
  }
}
