#pragma once

#include "lvtino/core/tensor.hpp"
#include "priors/nn/fused_kernels.hpp"

/// What the published networks do between products and convolutions, each by one pass over memory
/// where there is a kernel for it (float32, bfloat16 and float16 on the CPU; on a GPU where the
/// build has kernels for one), and by a composition of ATen's operations elsewhere: the plain path,
/// which is the definition. Kernels compute in float32 and round once; the plain path rounds after
/// each of its operations.
namespace lvtino::nn {

/// Whether kernels are used. The environment variable LVTINO_FAST, read once, says no with "0".
bool is_fast();

/// Another answer of `is_fast` while it lives, for comparisons of the two paths. Not for several
/// threads at a time.
class FastPath {
 public:
  explicit FastPath(bool fast);
  ~FastPath();
  FastPath(const FastPath&) = delete;
  FastPath& operator=(const FastPath&) = delete;

 private:
  bool before_;
};

/// Kernels for tensors on a GPU, queued on the stream that libtorch uses.
class DeviceSteps {
 public:
  virtual ~DeviceSteps() = default;
  virtual void run(const kernels::ModulatedNorm& step, void* stream) const = 0;
  virtual void run(const kernels::RmsNormed& step, void* stream) const = 0;
  virtual void run(const kernels::GatedSum& step, void* stream) const = 0;
  virtual void run(const kernels::Geglu& step, void* stream) const = 0;
  virtual void run(const kernels::GroupNormed& step, void* stream) const = 0;
};

/// To be called once, before networks run on a GPU; without it they take the plain path there.
void use_device_steps(const DeviceSteps& steps);

/// LN(x) (1 + scale) + shift for tokens x [B, N, C]; shift and scale [B or 1, C].
Tensor modulated_norm(const Tensor& x, const Tensor& shift, const Tensor& scale, double epsilon);

/// x / sqrt(mean(x^2) + epsilon) weight over the last axis of tokens [B, N, C]. With `turns`, a
/// table of `rotary_table` for the N tokens, then the pairs of each head are turned, the heads'
/// features being twice the table's columns. Uses the memory of x where it is moved in and nobody
/// else holds it.
Tensor rms_normed(Tensor x, const Tensor& weight, double epsilon, const Tensor& turns = {});

/// x + gate y, x and y [B, N, C], gate [B or 1, C], in the memory of y.
Tensor gated_sum(const Tensor& x, const Tensor& gate, Tensor y);

/// a gelu(b) of (a, b) = halves of the last axis, with the exact gelu (Shazeer 2020). The numbers
/// of its argument are lost.
Tensor geglu(Tensor wide);

/// Group normalisation of images [M, C, H, W], gain and shift, then SiLU if asked for. Keeps the
/// order in memory, channels last or first.
Tensor group_normed(const Tensor& x, std::int64_t groups, const Tensor& weight, const Tensor& bias,
                    double epsilon, bool with_silu);

/// x / max(|x|, 1e-12) sqrt(C) gamma with |x| over the channels of a pixel of frames
/// [B, T, C, H, W], then SiLU if asked for; gamma [C, 1, 1]. The inverse norm is rounded to the
/// dtype of x by the plain path.
Tensor channel_normed(const Tensor& frames, const Tensor& gamma, bool with_silu);

}  // namespace lvtino::nn
