/// What is wrong with what a beacon hands over.
enum HandoverError: Error, Equatable {
  /// Shorter than its kind demands.
  case truncated
  /// No message has this kind, or what stands in it can't be.
  case message
  /// A record that no table of this version has.
  case record
  /// Another sum over all records, or another number of them.
  case checksum
}
