#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lvtino {

/// Root of every exception that the toolkit throws on purpose. The message names what was expected,
/// what came, and where.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A tensor, operator or file has another shape than the one required.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A tensor lives on another device or has another dtype than the one required.
class PlacementError : public Error {
 public:
  using Error::Error;
};

/// The declarative specification is wrong. `pointer` is the JSON pointer of the offending value.
class SpecError : public Error {
 public:
  SpecError(const std::string& pointer, const std::string& message)
      : Error((pointer.empty() ? std::string("/") : pointer) + ": " + message), pointer_(pointer) {}
  const std::string& pointer() const { return pointer_; }

 private:
  std::string pointer_;
};

/// A computation broke down: not-a-number, indefinite operator, no convergence where it was promised.
class NumericalError : public Error {
 public:
  using Error::Error;
};

/// The request is meaningful but this object cannot serve it (no exact factors, say).
class NotSupportedError : public Error {
 public:
  using Error::Error;
};

/// The feature exists, but this build was made without it.
class NotBuiltError : public Error {
 public:
  using Error::Error;
};

/// A call of the accelerator's runtime failed. The message names the call and what the runtime said.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// A file or folder could not be read or written.
class IoError : public Error {
 public:
  using Error::Error;
};

/// The user asked to stop (an interrupt). What was computed up to the last checkpoint is kept.
class Interrupted : public Error {
 public:
  using Error::Error;
};

/// Concatenates anything that can be streamed; used to word messages.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream stream;
  stream.precision(9);
  (stream << ... << parts);
  return stream.str();
}

}  // namespace lvtino
