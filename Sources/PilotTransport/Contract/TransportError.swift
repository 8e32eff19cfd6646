/// Why a transport did not do what it was asked to.
///
/// The ``code`` is for programs, the ``message`` for people, the ``cause`` for whoever digs deeper. Messages hold no keys
/// and no credentials.
public struct TransportError: Error, Sendable {
  /// What kind of failure this is.
  public var code: Code
  /// One sentence without a full stop: what failed, and what to try where that is known.
  public var message: String
  /// The error underneath, if there is one.
  public var cause: (any Error)?
  /// How long the peer asks to be left alone from now on, where it says so (`Retry-After`, RFC 9110, section 10.2.3). As
  /// the peer has it, a day at most: a transport keeps to it up to its longest delay.
  public var retryAfter: Duration?
  private var advice: RetryAdvice?

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: What went wrong.
  ///   - message: The same for people, and what to try.
  ///   - cause: The error that it came from, if one.
  ///   - retryAfter: How long the peer asks to be left alone, if it does.
  ///   - retry: What to do about it, where the code doesn't tell. Default: as its code usually has it.
  public init(
    code: Code, message: String, cause: (any Error)? = nil, retryAfter: Duration? = nil, retry: RetryAdvice? = nil
  ) {
    self.code = code
    self.message = message
    self.cause = cause
    self.retryAfter = retryAfter
    advice = retry
  }

  /// Whether the call that threw this can succeed later, and when. It comes from the place that threw: the same code can
  /// mean that the transport goes on by itself (as the reason of ``TransportEvent/reconnecting(reason:attempt:delay:)``),
  /// and that nothing does (from a connect that has failed).
  public var retry: RetryAdvice {
    get { advice ?? code.usualRetry(after: retryAfter) }
    set { advice = newValue }
  }
}

extension TransportError: Equatable {
  /// Whether both say the same. What lies underneath isn't compared.
  public static func == (left: Self, right: Self) -> Bool {
    left.code == right.code && left.message == right.message && left.retryAfter == right.retryAfter
  }
}

extension TransportError: CustomStringConvertible {
  /// Code, message and cause in one line.
  public var description: String {
    guard let cause else { return "\(code): \(message)" }
    return "\(code): \(message) (\(cause))"
  }
}

/// Whether the same call can succeed later. More may come: a `switch` needs an `@unknown default`.
@nonexhaustive
public enum RetryAdvice: Sendable, Hashable {
  /// Not as it is: the call, the configuration or the life of the transport has to change.
  case never
  /// Soon: as soon as the queue has drained, which takes milliseconds.
  case soon
  /// When an event says so: the transport is working on it by itself.
  case afterEvent
  /// When something outside has changed, which no event will tell: try again after this time, or with growing delays if
  /// nobody has named one.
  case later(after: Duration?)
}

extension TransportError {
  /// The kinds of failure. More may come: a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Sendable, Hashable {
      case closed, receiverTaken, cancelled
      case frameTooLarge(limit: Int)
      case emptyFrame
      case backpressure, reconnecting
      case invalidDestination, invalidConfiguration
      case bindFailed, resolveFailed, connectFailed, tlsFailed, upgradeRefused, atCapacity
      case authenticationFailed, timedOut, connectionLost, replaced, protocolViolation
      case unreachable, system
    }

    private let kind: Kind

    /// `close()` was called.
    public static let closed = Self(kind: .closed)
    /// The receiver has been handed out before.
    public static let receiverTaken = Self(kind: .receiverTaken)
    /// The waiting task was cancelled. The transport and its receiver remain usable.
    public static let cancelled = Self(kind: .cancelled)
    /// The frame is longer than this transport carries.
    /// - Parameter limit: The longest frame it does carry, in bytes.
    public static func frameTooLarge(limit: Int) -> Self { Self(kind: .frameTooLarge(limit: limit)) }
    /// The frame is empty, and the peer may not survive that.
    public static let emptyFrame = Self(kind: .emptyFrame)
    /// A queue or the kernel's buffer is full.
    public static let backpressure = Self(kind: .backpressure)
    /// The connection is down and being re-established.
    public static let reconnecting = Self(kind: .reconnecting)
    /// The destination can't be reached by this transport at all: another address family, port 0.
    public static let invalidDestination = Self(kind: .invalidDestination)
    /// A setting is out of its bounds.
    public static let invalidConfiguration = Self(kind: .invalidConfiguration)
    /// The local address could not be bound.
    public static let bindFailed = Self(kind: .bindFailed)
    /// The host's name has no address, or no name server answered.
    public static let resolveFailed = Self(kind: .resolveFailed)
    /// No TCP connection came about.
    public static let connectFailed = Self(kind: .connectFailed)
    /// The TLS handshake failed: most often a certificate that isn't trusted, or a host name that isn't in it.
    public static let tlsFailed = Self(kind: .tlsFailed)
    /// The peer answered the WebSocket upgrade with something else.
    public static let upgradeRefused = Self(kind: .upgradeRefused)
    /// The beacon has no room for another connection (503), or is called too often (429).
    public static let atCapacity = Self(kind: .atCapacity)
    /// The beacon refused this node's identity.
    public static let authenticationFailed = Self(kind: .authenticationFailed)
    /// A step took longer than its limit.
    public static let timedOut = Self(kind: .timedOut)
    /// An established connection ended, or fell silent.
    public static let connectionLost = Self(kind: .connectionLost)
    /// Another connection of the same node took this one's place.
    public static let replaced = Self(kind: .replaced)
    /// The peer broke the protocol.
    public static let protocolViolation = Self(kind: .protocolViolation)
    /// The network said that a destination can't be reached (ICMP).
    public static let unreachable = Self(kind: .unreachable)
    /// A system call failed in a way that has no code of its own.
    public static let system = Self(kind: .system)

    /// The limit of `.frameTooLarge`, in bytes.
    public var frameLimit: Int? {
      guard case .frameTooLarge(let limit) = kind else { return nil }
      return limit
    }

    /// Whether trying again makes sense, where the place that throws doesn't say.
    fileprivate func usualRetry(after delay: Duration?) -> RetryAdvice {
      switch kind {
      case .backpressure, .cancelled: .soon
      case .reconnecting: .afterEvent
      case .connectionLost, .unreachable, .atCapacity, .timedOut, .connectFailed, .resolveFailed, .replaced:
        .later(after: delay)
      case .closed, .receiverTaken, .frameTooLarge, .emptyFrame, .invalidDestination, .invalidConfiguration,
        .bindFailed,
        .tlsFailed, .upgradeRefused, .authenticationFailed, .protocolViolation, .system:
        .never
      }
    }

    /// The code's name in snake case, fit for logs and metrics: `frame_too_large`.
    public var description: String {
      switch kind {
      case .closed: "closed"
      case .receiverTaken: "receiver_taken"
      case .cancelled: "cancelled"
      case .frameTooLarge: "frame_too_large"
      case .emptyFrame: "empty_frame"
      case .backpressure: "backpressure"
      case .reconnecting: "reconnecting"
      case .invalidDestination: "invalid_destination"
      case .invalidConfiguration: "invalid_configuration"
      case .bindFailed: "bind_failed"
      case .resolveFailed: "resolve_failed"
      case .connectFailed: "connect_failed"
      case .tlsFailed: "tls_failed"
      case .upgradeRefused: "upgrade_refused"
      case .atCapacity: "at_capacity"
      case .authenticationFailed: "authentication_failed"
      case .timedOut: "timed_out"
      case .connectionLost: "connection_lost"
      case .replaced: "replaced"
      case .protocolViolation: "protocol_violation"
      case .unreachable: "unreachable"
      case .system: "system"
      }
    }
  }
}

extension TransportError {
  /// The transport is closed.
  public static let closed = TransportError(code: .closed, message: "the transport is closed")

  /// The receiver was handed out before.
  public static let receiverTaken = TransportError(
    code: .receiverTaken, message: "the receiver has been handed out already; a transport has exactly one")

  /// The task that waited was cancelled.
  public static let cancelled = TransportError(code: .cancelled, message: "the task was cancelled while it waited")

  /// A queue is full.
  public static let backpressure = TransportError(
    code: .backpressure, message: "the outgoing queue is full; slow down or drop the frame")

  /// The connection is being re-established.
  public static let reconnecting = TransportError(
    code: .reconnecting, message: "not connected at the moment; an event tells when it is again")

  /// The connection is at rest.
  public static let resting = TransportError(
    code: .unreachable, message: "the connection is at rest; dial() it", retry: .afterEvent)

  /// An empty frame to a peer that may not survive it.
  public static let emptyFrame = TransportError(
    code: .emptyFrame,
    message: "an empty frame is not sent to a beacon that has not shown that it survives one; older ones crash")

  /// A frame that is too long.
  public static func frameTooLarge(_ length: Int, limit: Int) -> TransportError {
    TransportError(
      code: .frameTooLarge(limit: limit),
      message: "the frame has \(length) bytes and this transport carries at most \(limit)")
  }
}
