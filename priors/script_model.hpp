#pragma once

#include "lvtino/core/spec.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// A module from Python: an archive of torch.jit.save, the source of its `forward`, or a package
/// that AOTInductor compiled (`CompiledPackage`, files X.pt2). What TorchScript says is run by its
/// interpreter, which knows tensors and nothing of the machine; an archive is still code, to be
/// taken from people one trusts, and a package all the more.
class ScriptModule {
 public:
  /// Throws IoError that names the file unless it is an archive with a `forward` or a package.
  static ScriptModule from_file(const std::string& path, at::Device device);
  /// `source`: "def forward(self, z, t): ...". Throws NotSupportedError with the compiler's words.
  static ScriptModule from_source(const std::string& source, at::Device device);

  /// Throws NumericalError with libtorch's words, ShapeError unless one tensor comes back.
  Tensor operator()(const std::vector<Tensor>& arguments) const;
  at::Device device() const;

 private:
  struct Held;
  explicit ScriptModule(std::shared_ptr<Held> held) : held_(std::move(held)) {}
  std::shared_ptr<Held> held_;
};

/// What a network foreign to the toolkit expects and gives.
struct ScriptContract {
  enum class Predicts {
    clean,     ///< z_0
    noise,     ///< eps: z_0 = (z_t - noise eps) / signal
    velocity,  ///< eps - z_0: z_0 = (z_t - noise v) / (signal + noise)
  };
  enum class Time {
    schedule,   ///< t, in 0 .. 1000
    ratio,      ///< noise / signal
    log_ratio,  ///< its natural logarithm
  };
  enum class Layout {
    video,            ///< [N, C, T, H, W]
    frames_first,     ///< [N, T, C, H, W]
    separate_frames,  ///< [N T, C, H, W]
  };
  Predicts predicts = Predicts::clean;
  Time time = Time::schedule;
  Layout layout = Layout::video;
  bool scaled_input = false;  ///< it gets z_t / signal, not z_t
};

/// f(z_t, t) by forward(z, t): z float32 in the layout of the contract, t float32 with one number
/// for each entry of its first axis. Without noise it is z_t / signal, whatever the network says.
class ScriptModel final : public ConsistencyModel {
 public:
  ScriptModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
              ScriptModule module, ScriptContract contract);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  ScriptModule module_;
  ScriptContract contract_;
};

/// E and D of two modules: forward(x) takes pixels [N, C, T, H, W] scaled to [-1, 1] to latents
/// [N, channels, 1 + (T - 1) / time, H / space, W / space], forward(z) takes them back.
class ScriptAutoencoder final : public Autoencoder {
 public:
  struct Geometry {
    std::int64_t pixel_channels = 3, channels = 16, time = 1, space = 8;
  };
  ScriptAutoencoder(ScriptModule encoder, ScriptModule decoder, Geometry geometry);

  Shape latent_shape(const Shape& pixels) const override;
  Shape pixel_shape(const Shape& latent) const override;
  /// Pixels are scaled by 2 and the network's own gain is not known.
  double scale() const override { return 2; }
  bool is_invertible() const override { return false; }

 private:
  Tensor do_encode(const Tensor& x) const override;
  Tensor do_decode(const Tensor& z) const override;

  ScriptModule encoder_, decoder_;
  Geometry geometry_;
};

/// A prior from networks that the toolkit does not know. Key `contract`: a JSON file with the keys
/// below, paths in it seen from its folder; or the same keys in the spec itself. `network`
/// (archive or package) or `script` (source), `predicts` (clean, noise, velocity), `time`
/// (schedule, ratio, log_ratio), `layout` (video, frames_first, separate_frames), `input` (noisy,
/// scaled), `schedule`, `autoencoder` (or `encoder`, `decoder`, `latent`), `device`, `sha256`.
/// Throws SpecError, IoError.
std::shared_ptr<const Prior> read_script_prior(const SpecReader& reader, const Shape& pixels,
                                               const Placement& placement);

}  // namespace lvtino
