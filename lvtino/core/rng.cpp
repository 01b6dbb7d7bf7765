#include "lvtino/core/rng.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/philox.hpp"
#include "lvtino/core/rng_kernels.hpp"

namespace lvtino {
namespace {

// 64-bit FNV-1a of the label, then the finaliser of splitmix64 to spread its bits.
std::uint64_t mix(std::uint64_t stream, std::string_view label) {
  std::uint64_t hash = 0xcbf29ce484222325ull ^ (stream * 0x9E3779B97F4A7C15ull);
  for (unsigned char byte : label) hash = (hash ^ byte) * 0x100000001b3ull;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ull;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebull;
  return hash ^ (hash >> 31);
}

template <class Fill>
Tensor draw(const Shape& shape, const Placement& placement, const char* what, const Fill& fill) {
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(
        text(what, ": expected float32 or float64, got ", to_string(placement)));
  const Tensor host = at::empty(shape, at::TensorOptions().dtype(placement.dtype));
  if (placement.dtype == at::kFloat)
    fill(host.mutable_data_ptr<float>(), host.numel());
  else
    fill(host.mutable_data_ptr<double>(), host.numel());
  return host.to(placement.device);
}

}  // namespace

Rng Rng::fork(std::string_view label) const { return Rng(seed_, mix(stream_, label)); }

Rng Rng::fork(std::string_view label, std::int64_t index) const {
  return fork(text(label, "/", index));
}

Tensor Rng::normal(const Shape& shape, const Placement& placement, std::int64_t first) const {
  return draw(shape, placement, "Rng::normal", [&](auto* out, std::int64_t count) {
    kernels::fill_normal(out, first, count, seed_, stream_);
  });
}

Tensor Rng::uniform(const Shape& shape, const Placement& placement, std::int64_t first) const {
  return draw(shape, placement, "Rng::uniform", [&](auto* out, std::int64_t count) {
    kernels::fill_uniform(out, first, count, seed_, stream_);
  });
}

std::int64_t Rng::below(std::int64_t bound, std::int64_t index) const {
  if (bound < 1) throw ShapeError(text("Rng::below: expected a bound >= 1, got ", bound));
  const auto i = std::uint64_t(index);
  const auto words = philox4x32({std::uint32_t(i), std::uint32_t(i >> 32), std::uint32_t(stream_),
                                 std::uint32_t(stream_ >> 32)},
                                {std::uint32_t(seed_), std::uint32_t(seed_ >> 32)});
  const std::uint64_t bits = std::uint64_t(words[0]) << 32 | words[1];
  return std::int64_t((static_cast<unsigned __int128>(bits) * std::uint64_t(bound)) >> 64);
}

}  // namespace lvtino
