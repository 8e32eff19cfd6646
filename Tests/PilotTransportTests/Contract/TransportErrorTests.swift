import PilotTransport
import Testing

@Suite("TransportError")
struct TransportErrorTests {
  private static let codes: [(TransportError.Code, String, RetryAdvice)] = [
    (.closed, "closed", .never),
    (.receiverTaken, "receiver_taken", .never),
    (.cancelled, "cancelled", .soon),
    (.frameTooLarge(limit: 9), "frame_too_large", .never), (.emptyFrame, "empty_frame", .never),
    (.backpressure, "backpressure", .soon),
    (.reconnecting, "reconnecting", .afterEvent),
    (.invalidDestination, "invalid_destination", .never),
    (.invalidConfiguration, "invalid_configuration", .never),
    (.bindFailed, "bind_failed", .never),
    (.resolveFailed, "resolve_failed", .later(after: nil)),
    (.connectFailed, "connect_failed", .later(after: nil)),
    (.tlsFailed, "tls_failed", .never),
    (.proxyRefused, "proxy_refused", .never),
    (.upgradeRefused, "upgrade_refused", .never),
    (.atCapacity, "at_capacity", .later(after: nil)),
    (.authenticationFailed, "authentication_failed", .never),
    (.timedOut, "timed_out", .later(after: nil)),
    (.connectionLost, "connection_lost", .later(after: nil)),
    (.replaced, "replaced", .later(after: nil)),
    (.protocolViolation, "protocol_violation", .never),
    (.unreachable, "unreachable", .later(after: nil)),
    (.system, "system", .never),
  ]

  @Test("each code has its name for logs and its advice", arguments: codes)
  func names(_ code: TransportError.Code, _ name: String, _ advice: RetryAdvice) {
    #expect(code.description == name)
    #expect(TransportError(code: code, message: "m").retry == advice)
  }

  @Test("the place that throws has the last word on the advice", arguments: codes)
  func advice(_ code: TransportError.Code, _ name: String, _ advice: RetryAdvice) {
    var error = TransportError(code: code, message: "m", retry: .afterEvent)
    #expect(error.retry == .afterEvent)
    error.retry = .never
    #expect(error.retry == .never)
  }

  @Test("a peer that asks to be left alone is called again after that time")
  func later() {
    let error = TransportError(code: .atCapacity, message: "m", retryAfter: .seconds(12))
    #expect(error.retry == .later(after: .seconds(12)))
  }

  @Test("no two codes are equal or have one name")
  func distinct() {
    #expect(Set(Self.codes.map(\.0)).count == Self.codes.count)
    #expect(Set(Self.codes.map(\.1)).count == Self.codes.count)
  }

  @Test("the limit belongs to the code of a frame that is too long, and to no other", arguments: codes)
  func limits(_ code: TransportError.Code, _ name: String, _ advice: RetryAdvice) {
    #expect(code.frameLimit == (name == "frame_too_large" ? 9 : nil))
  }

  @Test("limits tell codes apart")
  func differentLimits() {
    #expect(TransportError.Code.frameTooLarge(limit: 1) != .frameTooLarge(limit: 2))
    #expect(TransportError.Code.frameTooLarge(limit: 1) == .frameTooLarge(limit: 1))
  }

  @Test("a description is one line of code, message and cause")
  func description() {
    struct Cause: Error, CustomStringConvertible { let description = "errno 111" }
    let plain = TransportError(code: .connectFailed, message: "no connection to 192.0.2.1:443")
    #expect(plain.description == "connect_failed: no connection to 192.0.2.1:443")
    let caused = TransportError(code: .connectFailed, message: "no connection", cause: Cause())
    #expect(caused.description == "connect_failed: no connection (errno 111)")
  }

  private static let readyMade: [(TransportError, TransportError.Code)] = [
    (.closed, .closed), (.receiverTaken, .receiverTaken), (.cancelled, .cancelled), (.backpressure, .backpressure),
    (.reconnecting, .reconnecting), (.frameTooLarge(11, limit: 10), .frameTooLarge(limit: 10)),
  ]

  @Test("the ready-made errors have the code of their name and a sentence without a full stop", arguments: readyMade)
  func sentences(_ error: TransportError, _ code: TransportError.Code) {
    #expect(error.code == code)
    #expect(!error.message.isEmpty && !error.message.hasSuffix(".") && !error.message.contains("\n"))
    #expect(error.cause == nil)
  }

  @Test("a frame that is too long is named with its length and the limit")
  func tooLong() {
    let message = TransportError.frameTooLarge(70_000, limit: 65_507).message
    #expect(message.contains("70000") && message.contains("65507"))
  }
}
