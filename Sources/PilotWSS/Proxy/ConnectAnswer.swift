import NIOCore

/// Reads a proxy's answer to CONNECT (RFC 9112), byte by byte from somebody who isn't trusted.
///
/// Lenient where a tunnel can't be misled by it: a lone LF ends a line, and a field may go on in the next line. Each byte is looked
/// at once; what is kept is bounded.
struct ConnectAnswer {
  /// The longest head, informational ones included, in bytes.
  static let headLimit = 16_384
  /// The longest body that is read over so that the connection can be used again, in bytes.
  static let bodyLimit = 65_536

  /// Why an answer can't be read.
  enum Fault: Error, Equatable {
    case notHTTP(firstByte: UInt8)
    case malformed
    case tooLong
  }

  /// A final answer's head.
  struct Head: Equatable {
    var status = 0
    /// As the proxy has it.
    var reason = ""
    fileprivate(set) var isHTTP11 = false
    fileprivate var fields: [(name: String, value: String)] = []

    /// All values of a field.
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    static func == (left: Head, right: Head) -> Bool { left.status == right.status && left.reason == right.reason }
  }

  /// What is between the head and the next answer.
  private enum Body {
    case none
    case length(Int)
    case chunked(ChunkedBody)
    /// Until the connection ends, or unclear.
    case unbounded
  }

  private static let beginning = Array("HTTP/1.".utf8)

  private var line: [UInt8] = []
  private var headBytes = 0
  private var head: Head?
  private var body = Body.none
  private var bodyBytes = 0
  private var isFinal = false

  /// Whether nothing has come.
  var isEmpty: Bool { headBytes == 0 }

  /// Whether the answer is complete, and the connection goes on behind it.
  var isComplete: Bool {
    guard isFinal, let head, Self.persists(head) else { return false }
    switch body {
    case .none: return true
    case .length(let left): return left == 0
    case .chunked(let body): return body.isComplete
    case .unbounded: return false
    }
  }

  /// Takes bytes of the head.
  ///
  /// - Returns: The final head, once it is there; `bytes` is then what is left. Nil if more is to come.
  mutating func readHead(_ bytes: inout ByteBuffer) throws(Fault) -> Head? {
    while let byte = bytes.readInteger(as: UInt8.self) {
      headBytes += 1
      guard headBytes <= Self.headLimit else { throw .tooLong }
      if head == nil, line.count < 7, byte != Self.beginning[line.count] {
        throw headBytes == 1 ? .notHTTP(firstByte: byte) : .malformed
      }
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      defer { line.removeAll(keepingCapacity: true) }
      guard !line.isEmpty else {
        guard let finished = head else { throw .malformed }
        if (100..<200).contains(finished.status), finished.status != 101 {
          head = nil
          continue
        }
        isFinal = true
        body = Self.body(of: finished)
        return finished
      }
      try takeLine()
    }
    return nil
  }

  private mutating func takeLine() throws(Fault) {
    guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw .malformed }
    let text = String(decoding: line, as: UTF8.self)
    guard head != nil else {
      head = try Self.statusLine(line, text)
      return
    }
    if let first = line.first, first == 0x20 || first == 0x09 {
      guard let last = head?.fields.indices.last else { throw .malformed }
      head?.fields[last].value += " " + Self.trimmed(text[...])
      return
    }
    guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { throw .malformed }
    head?.fields.append((Self.trimmed(text[..<colon]).lowercased(), Self.trimmed(text[text.index(after: colon)...])))
  }

  private static func statusLine(_ line: [UInt8], _ text: String) throws(Fault) -> Head {
    // HTTP/1.x SSS reason
    guard line.count >= 12, line[8] == 0x20, line[9..<12].allSatisfy({ (0x30...0x39).contains($0) }),
      line.count == 12 || line[12] == 0x20
    else { throw .malformed }
    let status = line[9..<12].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let reason = String(decoding: line.dropFirst(13), as: UTF8.self)
    return Head(status: status, reason: reason, isHTTP11: line[7] != UInt8(ascii: "0"))
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }

  /// Reads over what is behind the head of a refusal.
  mutating func skip(_ bytes: inout ByteBuffer) {
    while bytes.readableBytes > 0 {
      bodyBytes += 1
      guard bodyBytes <= Self.bodyLimit else { return body = .unbounded }
      switch body {
      case .none, .unbounded:
        // Nothing is due here.
        return body = .unbounded
      case .length(let left):
        guard left > 0 else { return body = .unbounded }
        let step = min(left, bytes.readableBytes)
        bytes.moveReaderIndex(forwardBy: step)
        bodyBytes += step - 1
        body = .length(left - step)
      case .chunked(var chunks):
        guard let byte = bytes.readInteger(as: UInt8.self), chunks.take(byte) else { return body = .unbounded }
        body = .chunked(chunks)
      }
    }
  }

  /// RFC 9112, section 6.3. Two ways to tell the length are one too many.
  private static func body(of head: Head) -> Body {
    if (200..<300).contains(head.status) || head.status == 304 { return .none }
    let (codings, lengths) = (head.values("transfer-encoding"), head.values("content-length"))
    if codings.isEmpty {
      guard lengths.count == 1, lengths[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let length = Int(lengths[0]), length <= bodyLimit
      else { return .unbounded }
      return .length(length)
    }
    return lengths.isEmpty && codings.map({ $0.lowercased() }) == ["chunked"] ? .chunked(ChunkedBody()) : .unbounded
  }

  /// RFC 9112, section 9.3; `Proxy-Connection` is what older proxies say it with.
  private static func persists(_ head: Head) -> Bool {
    let options = (head.values("connection") + head.values("proxy-connection"))
      .flatMap { $0.lowercased().split { $0 == "," || $0 == " " } }
    if options.contains("close") { return false }
    return head.isHTTP11 || options.contains("keep-alive")
  }
}

/// A body in chunks (RFC 9112, section 7.1), of which only the end matters.
struct ChunkedBody {
  private enum State {
    /// The digits so far, and whether an extension is being read over.
    case size(Int?, isExtension: Bool)
    case data(Int)
    case dataEnd
    /// How long the present line of the trailer is.
    case trailer(Int)
    case complete
  }

  private var state = State.size(nil, isExtension: false)

  var isComplete: Bool {
    if case .complete = state { return true }
    return false
  }

  /// - Returns: Whether the byte could stand there.
  mutating func take(_ byte: UInt8) -> Bool {
    switch state {
    case .size(let size?, _) where byte == UInt8(ascii: "\n"):
      state = size == 0 ? .trailer(0) : .data(size)
    case .size(let size, let isExtension) where isExtension || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\r"):
      guard size != nil else { return false }
      state = .size(size, isExtension: isExtension || byte == UInt8(ascii: ";"))
    case .size(let size, _):
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, (size ?? 0) <= ConnectAnswer.bodyLimit else {
        return false
      }
      state = .size((size ?? 0) * 16 + digit, isExtension: false)
    case .data(let left):
      state = left > 1 ? .data(left - 1) : .dataEnd
    case .dataEnd:
      if byte == UInt8(ascii: "\n") { state = .size(nil, isExtension: false) }
      return byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    case .trailer(let length):
      if byte == UInt8(ascii: "\n") {
        state = length == 0 ? .complete : .trailer(0)
      } else if byte != UInt8(ascii: "\r") {
        state = .trailer(length + 1)
      }
    case .complete:
      return false
    }
    return true
  }
}
