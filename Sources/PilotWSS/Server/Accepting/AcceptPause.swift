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
/// Belongs into the pipeline of the server channel, whose `autoRead` it turns off for that long. To swallow calls of `read`, as
/// SwiftNIO's `AcceptBackoffHandler` does, isn't enough: a failed accept leaves the last one pending.
package final class AcceptPause: ChannelInboundHandler {
  package typealias InboundIn = any Channel

  /// What happens, once each time: a trouble that comes and goes is one.
  package enum Event: Sendable {
    /// No connection can be accepted for now.
    case began(IOError)
    /// Connections are accepted again, and have been for a while.
    case ended
  }

  private enum State {
    case accepting
    /// Resting until the timer ends it.
    case resting(Scheduled<Void>)
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
    accepts(false, context)
    state = .resting(context.eventLoop.assumeIsolated().scheduleTask(in: rest) { self.tryAgain(context) })
  }

  private func tryAgain(_ context: ChannelHandlerContext) {
    guard case .resting = state else { return }
    state = .trying(
      context.eventLoop.assumeIsolated().scheduleTask(in: calm) {
        self.state = .accepting
        self.report(.ended)
      })
    accepts(true, context)
  }

  private func accepts(_ accepts: Bool, _ context: ChannelHandlerContext) {
    // Fails when the channel is closed, which needs no rest any more.
    try? context.channel.syncOptions?.setOption(.autoRead, value: accepts)
  }

  private func stop() {
    switch state {
    case .accepting: break
    case .resting(let timer), .trying(let timer): timer.cancel()
    }
    state = .accepting
  }
}
