internal import CPilotUDP
internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// One of ``ConnectedSockets``.
final class ConnectedSocket: Sendable {
  let socket: SocketDescriptor
  let sender: DatagramSender
  let peer: Endpoint
  /// What the kernel has said last of how many datagrams it dropped.
  let dropsSeen = Atomic<UInt32>(0)

  init(_ opened: OpenedSocket, peer: Endpoint, sender: DatagramSender) {
    socket = opened.socket
    self.peer = peer
    self.sender = sender
  }
}

/// The thread of ``ConnectedSockets``, with its memory.
final class ConnectedSocketThread: Sendable {
  private let sockets: ConnectedSockets
  private let reader: any ConnectedSocketReader

  init(_ sockets: ConnectedSockets, _ reader: any ConnectedSocketReader) {
    self.sockets = sockets
    self.reader = reader
  }

  func run() {
    let messages = IncomingMessages(bufferLength: 65_535, locals: nil)
    var numbers = [UInt64](repeating: 0, count: ReadySet.longestAnswer)
    while !sockets.isClosed {
      let count = sockets.wait(&numbers)
      for index in 0..<count {
        let number = numbers[index]
        guard let socket = sockets[number] else { continue }
        sockets.read(socket, into: messages) { reader.receive($0, on: number) }
      }
      reader.drained()
    }
  }
}

extension OpenedSocket {
  /// Connects the socket, where the system then still takes destinations.
  func connect(to peer: Endpoint) throws(TransportError) {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    var address = cpilot_udp_address(peer)
    // SAFETY: the function reads one address through the pointer.
    let result = unsafe cpilot_udp_connect(descriptor, &address, reach.family)
    guard result == 0 else { throw SystemError(-result).sending(0, to: peer) }
  }
}
