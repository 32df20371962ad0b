{{- /* The cluster's name: that of the release, so that two clusters never share a chart's objects. */ -}}
{{- define "orchard.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "orchard.labels" -}}
cluster.x-k8s.io/cluster-name: {{ include "orchard.name" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
orchard/organization: {{ required "global.metadata.organization says whose cluster this is" .Values.global.metadata.organization }}
orchard/service-priority: {{ .Values.global.metadata.servicePriority }}
{{- with .Values.global.metadata.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Name, namespace and labels. Takes a list: the root context, and what follows the cluster's name in the name. */ -}}
{{- define "orchard.metadata" -}}
{{- $root := first . -}}
name: {{ include "orchard.name" $root }}{{ last . }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "orchard.labels" $root | nindent 2 }}
{{- end -}}
