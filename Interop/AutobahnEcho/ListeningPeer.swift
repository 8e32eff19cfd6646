import PilotWSS
import PilotWire

/// Takes what the server says about its cases.
final class ListeningPeer: WebSocketPeer {
  private let onText: (String) -> Void

  init(onText: @escaping (String) -> Void) {
    self.onText = onText
  }

  func opened(_ link: any WebSocketLink) -> WebSocketReaction { .establish(text: nil) }

  func receive(text: RawSpan) -> WebSocketReaction {
    onText(String(decoding: text.copied(), as: UTF8.self))
    return .none
  }

  func receive(binary: RawSpan) -> WebSocketReaction { .none }

  func ignoredBinary() {}

  func established() {}

  func readCompleted() {}

  func ended(_ end: WebSocketEnd) {}
}
