import PilotTransport
import PilotUDP

/// Relays what arrives at one UDP socket, on the socket's own thread: receive, decide, send, without a hop in between.
struct UDPInbound {
  private let socket: UDPTransport
  private let relay: FrameRelay
  private let gate: ReadGate

  /// - Parameters:
  ///   - socket: The socket. Nobody else reads it.
  ///   - relay: Where its datagrams go, made for it alone.
  ///   - gate: Where it stops while a successor is handed the sockets.
  init(of socket: UDPTransport, relay: FrameRelay, gate: ReadGate) {
    (self.socket, self.relay, self.gate) = (socket, relay, gate)
  }

  /// Relays until the socket is closed.
  ///
  /// - Returns: Why it ended: `.closed`, unless the thread could not be had.
  func run() async -> TransportError {
    await withTaskExecutorPreference(socket.executor) {
      do throws(TransportError) {
        var receiver = try socket.makeReceiver()
        gate.enter(receiver.interrupter)
        while true {
          if !gate.isPassable {
            guard await gate.halt() else { throw .closed }
          }
          unsafe try await receiver.receiveRuns { datagrams in
            // SAFETY: the relay is done with the datagrams before the receiver is used again.
            unsafe relay.relay(datagrams: datagrams, at: .now())
          }
          relay.flush()
        }
      } catch {
        return error
      }
    }
  }
}
