package import NIOCore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Lets a listening socket rest when the system has no descriptor or memory for one more connection (accept(2): EMFILE,
/// ENFILE, ENOBUFS, ENOMEM). The connection stays in the kernel's queue, which keeps the socket readable: without a rest, its
/// event loop would do nothing but try again. Connections that are open are served meanwhile.
///
/// Belongs into the pipeline of the server channel.
package final class AcceptPause: ChannelDuplexHandler {
  package typealias InboundIn = any Channel
  package typealias OutboundIn = Never

  /// What happens, once each time: a trouble that comes and goes is one.
  package enum Event: Sendable {
    /// No connection can be accepted for now.
    case began(IOError)
    /// Connections are accepted again, and have been for a while.
    case ended
  }

  private enum State {
    case accepting
    /// Resting until the timer ends it. Whether the channel has asked for connections meanwhile.
    case resting(Scheduled<Void>, isAskedFor: Bool)
    /// Trying again; all is well if the timer ends it.
    case trying(Scheduled<Void>)
  }

  private let rest: TimeAmount
  private let calm: TimeAmount
  private let report: (Event) -> Void
  private var state = State.accepting

  /// - Parameters:
  ///   - rest: How long nothing is accepted.
  ///   - calm: How long there must be no trouble for it to have ended.
  ///   - report: Hears of trouble, on the event loop.
  package init(
    rest: TimeAmount = .seconds(1), calm: TimeAmount = .seconds(10), report: @escaping (Event) -> Void
  ) {
    self.rest = rest
    self.calm = calm
    self.report = report
  }

  package func read(context: ChannelHandlerContext) {
    if case .resting(let timer, _) = state {
      state = .resting(timer, isAskedFor: true)
    } else {
      context.read()
    }
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, Self.isShortage(error.errnoCode) else { return context.fireErrorCaught(error) }
    switch state {
    case .accepting:
      report(.began(error))
      startRest(context)
    case .trying(let timer):
      timer.cancel()
      startRest(context)
    case .resting:
      break
    }
  }

  package func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    stop()
  }

  private static func isShortage(_ code: CInt) -> Bool {
    code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
  }

  private func startRest(_ context: ChannelHandlerContext) {
    let timer = context.eventLoop.assumeIsolated().scheduleTask(in: rest) { self.tryAgain(context) }
    state = .resting(timer, isAskedFor: false)
  }

  private func tryAgain(_ context: ChannelHandlerContext) {
    guard case .resting(_, let isAskedFor) = state else { return }
    state = .trying(
      context.eventLoop.assumeIsolated().scheduleTask(in: calm) {
        self.state = .accepting
        self.report(.ended)
      })
    if isAskedFor { context.read() }
  }

  private func stop() {
    switch state {
    case .accepting: break
    case .resting(let timer, _), .trying(let timer): timer.cancel()
    }
    state = .accepting
  }
}
