{{- /* The spec of a machine template. Takes a dictionary with `size`. */ -}}
{{- define "orchard.machineSpec" -}}
size: {{ .size }}
{{- end -}}

{{- /*
A machine template never changes in place: its name ends in a hash of its spec, so another spec is another template, and
Cluster API replaces the machines. Takes a list: the root context, what follows the cluster's name, and the settings.
*/ -}}
{{- define "orchard.machineTemplateName" -}}
{{ include "orchard.name" (first .) }}{{ index . 1 }}-{{ include "orchard.machineSpec" (last .) | sha256sum | trunc 8 }}
{{- end -}}

{{- define "orchard.machineTemplate" -}}
{{- $root := first . -}}
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: LabMachineTemplate
metadata:
  name: {{ include "orchard.machineTemplateName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "orchard.labels" $root | nindent 4 }}
spec:
  template:
    spec:
      {{- include "orchard.machineSpec" (last .) | nindent 6 }}
{{- end -}}

{{- define "orchard.machineTemplateRef" -}}
apiGroup: infrastructure.cluster.x-k8s.io
kind: LabMachineTemplate
name: {{ include "orchard.machineTemplateName" . }}
{{- end -}}

{{- /* The settings of a pool over the defaults, as YAML. Takes a list: the root context and the pool's settings. */ -}}
{{- define "orchard.pool" -}}
{{- $root := first . -}}
{{- toYaml (mergeOverwrite (deepCopy $root.Values.nodePoolDefaults) (last . | default dict)) -}}
{{- end -}}

{{- /* Commands that give the container runtime the proxy. Nothing without one. */ -}}
{{- define "orchard.proxyCommands" -}}
{{- with .Values.global.connectivity -}}
{{- if .proxy.enabled -}}
{{- $direct := concat (list "localhost" ".svc" (printf ".%s" .baseDomain)) .pods .services .proxy.noProxy | uniq -}}
preKubeadmCommands:
  - /opt/orchard/proxy {{ .proxy.address | squote }} {{ join "," $direct | squote }}
{{- end -}}
{{- end -}}
{{- end -}}
