import NIOCore
import NIOSSL

extension Channel {
  /// Closes TCP at once. On the event loop only.
  ///
  /// Closing through the TLS handler waits up to 5 s for the peer's close_notify, which a peer that is gone never sends.
  /// WebSocket has a closing handshake of its own, so nothing depends on TLS's.
  func cutOff() {
    if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
      tls.close(promise: nil)
    } else {
      close(promise: nil)
    }
  }
}
