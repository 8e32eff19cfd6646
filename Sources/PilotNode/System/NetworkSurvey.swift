import PilotWire

/// Asks the kernel how the network stands.
enum NetworkSurvey {
  /// An answer may be inconsistent when things change meanwhile, and is then asked for again.
  private static let attempts = 3
  /// No machine that runs a node has so many messages' worth of routes. One that does isn't surveyed.
  private static let messageLimit = 2_048

  /// How it stands now. Takes some milliseconds, and waits for nobody but the kernel.
  ///
  /// - Returns: nil if the kernel doesn't say, and on other systems than Linux.
  static func take() -> NetworkView? {
    #if os(Linux)
      for _ in 0..<attempts {
        guard let socket = try? RouteSocket(groups: .none) else { return nil }
        switch view(from: socket) {
        case .view(let view): return view
        case .inconsistent: continue
        case .refused: return nil
        }
      }
    #endif
    return nil
  }

  #if os(Linux)
    private enum Outcome {
      case view(NetworkView)
      case inconsistent, refused
    }

    /// RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE and RTM_GETNEIGH, each with the length of its header (rtnetlink(7)).
    private static let requests: [(UInt16, Int)] = [(18, 16), (22, 8), (26, 12), (30, 12)]

    private static func view(from socket: RouteSocket) -> Outcome {
      var view = NetworkView()
      var isConsistent = true
      var buffer = [UInt8](repeating: 0, count: RouteSocket.bufferLength)
      var budget = messageLimit
      for (type, length) in requests {
        guard socket.ask(type, headerLength: length) else { return .refused }
        var isOver = false
        while !isOver {
          // The kernel puts the next part of an answer there before it lets a reader go.
          guard budget > 0, case .messages(let count) = socket.receive(into: &buffer) else { return .refused }
          budget -= 1
          var isRefused = false
          RouteMessages.read(buffer.span.raw.extracting(first: count)) { news in
            switch news {
            case .end: isOver = true
            case .inconsistent: isConsistent = false
            case .refused: isRefused = true
            default: view.take(news)
            }
          }
          if isRefused { return .refused }
        }
      }
      return isConsistent ? .view(view) : .inconsistent
    }
  #endif
}
